"""The Spack package of esim. In a checkout, where it is installed from:

spack repo add packaging/spack
spack env create esim && spack env activate esim
spack develop --path "$PWD" py-esim@0.2.0 && spack add py-esim && spack install
"""

from spack.package import depends_on, license, variant, version
from spack_repo.builtin.build_systems.python import PythonPackage


class PyEsim(PythonPackage):
    """Earth simulator: tsunamis and earthquakes on CPUs, GPUs and MPI clusters from one physics source."""

    pypi = "esim-hpc/esim_hpc-0.2.0.tar.gz"
    import_modules = ["esim", "esim.cli", "esim.drivers", "esim.kernels"]

    license("BSD-3-Clause")

    version("0.2.0")

    variant("analysis", default=True, description="Figures and notebooks")
    variant("cuda", default=False, description="NVIDIA GPUs")

    depends_on("python@3.11:", type=("build", "run"))
    depends_on("py-setuptools@77:", type="build")

    with_run = ("build", "run")
    depends_on("py-numpy@2.0:", type=with_run)
    depends_on("py-numba@0.61:", type=with_run)
    depends_on("py-mpi4py@4.0:", type=with_run)
    depends_on("py-netcdf4@1.7:", type=with_run)
    depends_on("py-xxhash@3.4:", type=with_run)
    depends_on("py-xarray@2024.11:", type=with_run)
    depends_on("py-dask@2024.7:", type=with_run)
    depends_on("py-pydantic@2.8:", type=with_run)
    depends_on("py-ruamel-yaml@0.18:", type=with_run)
    depends_on("py-rich@13.7:", type=with_run)
    depends_on("py-pooch@1.8:", type=with_run)
    depends_on("py-requests@2.31:", type=with_run)
    depends_on("py-scipy@1.13:", type=with_run)
    depends_on("py-pyproj@3.6:", type=with_run)
    depends_on("py-shapely@2.0:", type=with_run)
    depends_on("py-requests@2.31:", type=with_run)
    depends_on("py-zarr@3.1:", type=with_run)
    depends_on("py-google-crc32c@1.5:", type=with_run)

    depends_on("py-matplotlib@3.9:", type="run", when="+analysis")
    depends_on("py-cupy@14:", type="run", when="+cuda")
