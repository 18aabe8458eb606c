"""NVIDIA's driver and management libraries, as a machine with GPUs would have them."""

from types import SimpleNamespace

FOREIGN = 999  # an error of CUDA


def libraries(cards=(), cuda=13000, status=0, managed=True):
    """The libraries by name: cards are (name, capability, bytes, free bytes); status is what cuInit says."""

    def put(pointer, value):
        pointer._obj.value = value
        return 0

    def text(buffer, value):
        buffer.value = value.encode()
        return 0

    def identify(pointer, number):
        pointer._obj[:] = [number] * 16
        return 0

    def start(flags):
        return status or (0 if cards else 100)

    def attribute(pointer, which, device):
        return put(pointer, cards[device.value][1][(75, 76).index(which)])

    def memory(handle, pointer):
        _, _, total, free = cards[handle.value - 1]
        pointer._obj.total, pointer._obj.free, pointer._obj.used = total, free, total - free
        return 0

    driver = SimpleNamespace(
        cuDriverGetVersion=lambda pointer: put(pointer, cuda),
        cuInit=start,
        cuDeviceGetCount=lambda pointer: put(pointer, len(cards)),
        cuDeviceGet=lambda pointer, number: put(pointer, number),
        cuDeviceGetName=lambda buffer, size, device: text(buffer, cards[device.value][0]),
        cuDeviceGetAttribute=attribute,
        cuDeviceTotalMem_v2=lambda pointer, device: put(pointer, cards[device.value][2]),
        cuDeviceGetUuid_v2=lambda pointer, device: identify(pointer, device.value),
        cuDeviceGetPCIBusId=lambda buffer, size, device: text(buffer, f"0000:{device.value:02x}:00.0"),
    )
    management = SimpleNamespace(
        nvmlInit_v2=lambda: 0,
        nvmlShutdown=lambda: 0,
        nvmlDeviceGetHandleByPciBusId_v2=lambda place, pointer: put(
            pointer, 1 + int(place.value.decode().split(":")[1], 16)
        ),
        nvmlDeviceGetMemoryInfo=memory,
        nvmlSystemGetDriverVersion=lambda buffer, size: text(buffer, "580.82.07"),
    )
    return {"libcuda.so.1": driver, "libnvidia-ml.so.1": management if managed else None}


H100 = ("NVIDIA H100 80GB HBM3", (9, 0), 85_000_000_000, 84_000_000_000)
SMALL = ("Small GPU", (8, 0), 2_000_000_000, 1_000_000_000)
