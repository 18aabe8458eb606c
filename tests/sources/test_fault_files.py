"""Finite faults as they are published: spellings, units, contradictions, points that are no centres."""

from pathlib import Path

import numpy as np
import pytest
from support.fault_files import (
    ALONG,
    DIP,
    HEAD,
    MU,
    NAMES,
    STRIKE,
    WIDTH,
    param,
    plane,
    rows,
    same,
    table,
    uplift,
    written,
)

from esim.errors import InputError
from esim.sources.formats import csv_yaml

NO_TIMES = "no rupture times: everything moves at the origin time"


def said(fault, words: str) -> str:
    """The one remark with these words."""
    found = [text for text in fault.remarks if words in text]
    assert len(found) == 1, fault.remarks
    return found[0]


# Spellings


def ucsb(
    folder: Path, times="rupture_initial_time(s) rise_time_starting(s) rise_time_ending(s)", mu=True
) -> Path:
    """The fault of `rows` with the columns of UCSB, rigidity in dyn/cm2."""
    lines = ["#Total number of fault_segments=     1"]
    lines.append("#Fault_segment= 1 nx(Along-strike)= 4 Dx= 20.00 km ny(downdip)= 3 Dy= 15.00 km")
    rigidity = f" {MU * 10:.5e}" if mu else ""
    lines.append(f"#Lat. Lon. depth slip(cm) rake strike dip {times}" + (" rigidity(dyne/cm2)" if mu else ""))
    for x, y, z, slip, start, _ in rows():
        lines.append(f"{y:.6f} {x:.6f} {z / 1e3:.5f} {slip * 100} 95.0 {STRIKE} {DIP} {start} 4 6" + rigidity)
    return written(folder / "ucsb.param", lines)


def test_times_and_rigidity_of_ucsb(tmp_path):
    found = csv_yaml.read(ucsb(tmp_path))
    np.testing.assert_array_equal(found.start[:, 0], [row[4] for row in rows()])
    np.testing.assert_array_equal(found.rise, 10.0)
    np.testing.assert_allclose(found.rigidity, MU)
    assert found.rigidity_given
    same(found, plane())


@pytest.mark.parametrize(
    "times", ["t_rup t_ris t_fal", "trup trise tfall", "rupture_time rise_time rise_time_ending"]
)
def test_other_spellings_of_times(tmp_path, times):
    found = csv_yaml.read(ucsb(tmp_path, times))
    assert found.start.max() == 11.0 and (found.rise == 10.0).all()


def test_a_column_without_a_use_is_named_and_times_that_lack_are_told(tmp_path):
    found = csv_yaml.read(ucsb(tmp_path, "t_break t_ris t_fal", mu=False))
    assert said(found, "t_break").endswith("ucsb.param line 3: column 't_break' is not used")
    assert said(found, NO_TIMES).endswith(f"ucsb.param: {NO_TIMES}")
    assert not found.start.any() and not found.rigidity_given


@pytest.mark.parametrize(
    ("unit", "factor"), [("", 10.0), ("", 1.0), ("", 1e-9), ("(GPa)", 1e-9), ("(Pa)", 1.0)]
)
def test_units_of_rigidity(tmp_path, unit, factor):
    text = (
        ucsb(tmp_path).read_text().replace("(dyne/cm2)", unit).replace(f"{MU * 10:.5e}", f"{MU * factor:.5e}")
    )
    found = csv_yaml.read(written(tmp_path / "a.param", text.splitlines()))
    np.testing.assert_allclose(found.rigidity, MU)
    assert any("is not that of rock" in text for text in found.remarks) == (unit == "" and factor != 1)


def test_spellings_of_fsp_columns(tmp_path):
    for n, (names, rise) in enumerate(
        (
            ("RUPT_TIME RISE_TIME", 10.0),
            ("T_RUP RISE", 10.0),
            ("RUPTURE_TIME T_RISE", 10.0),
            ("TRUP H_DUR", 20.0),
        )
    ):
        header = NAMES.replace("TRUP RISE", names)
        found = csv_yaml.read(written(tmp_path / f"{n}.fsp", [*HEAD, header, *table()]))
        np.testing.assert_array_equal(found.start[:, 0], [row[4] for row in rows()])
        assert (found.rise == rise).all() and not found.remarks
    none = csv_yaml.read(written(tmp_path / "none.fsp", [*HEAD, NAMES.replace("TRUP RISE", "A B"), *table()]))
    assert said(none, "not used").endswith("columns 'a', 'b' are not used")
    assert said(none, NO_TIMES) and not none.start.any() and not none.rise.any()


def test_values_that_stand_for_nothing(tmp_path):
    """999 is no rake, nor a time."""
    lines = [" ".join([*line.split()[:7], "999", *line.split()[8:]]) for line in table()]
    names = NAMES.replace("RAKE", "FOO")
    found = csv_yaml.read(written(tmp_path / "a.fsp", [*HEAD, names, *lines]))
    assert (found.rake == 95.0).all() and not found.start.any()
    assert said(found, NO_TIMES)
    head = [line.replace("RAKE = 95.0", "RAKE = 999") for line in HEAD]
    with pytest.raises(InputError, match="neither the columns nor the header say the RAKE"):
        csv_yaml.read(written(tmp_path / "b.fsp", [*head, names, *lines]))


@pytest.mark.parametrize("names", ["SLIP(cm)", "TW1(cm)"])
def test_slip_in_centimetres(tmp_path, names):
    lines = [" ".join([*row[:5], str(100 * float(row[5])), *row[6:]]) for row in map(str.split, table())]
    cm = written(tmp_path / "a.fsp", [*HEAD, NAMES.replace("SLIP", names), *lines])
    same(csv_yaml.read(cm), plane())
    head = [line.replace("SLIP in m", "SLIP in cm") for line in HEAD]
    same(csv_yaml.read(written(tmp_path / "b.fsp", [*head, NAMES.replace("SLIP", names), *lines])), plane())
    same(csv_yaml.read(written(tmp_path / "c.fsp", [*head, NAMES, *lines])), plane())


# Centres or edges


def test_the_hypocentre_decides_where_an_fsp_header_contradicts_itself(tmp_path):
    """The hypocentre is 22.5 km down dip from the top at 6 km: at 10.68 km. The header says that the top is at 7.56."""
    top = 6.0 + 7.5 * np.sin(np.deg2rad(DIP))
    head = [
        line.replace("Htop = 6.0", f"Htop = {top:.6f}").replace("DEP = 12.0", "DEP = 10.678") for line in HEAD
    ]
    found = csv_yaml.read(written(tmp_path / "a.fsp", [*head, NAMES, *table()]))
    assert (found.down == 0.5).all()
    text = said(found, "by the hypocentre, they are taken for centres")
    assert "positions are those of centres, but the top of the fault at 7.559" in text
    same(found, plane())
    blind = [line.replace("HypZ", "Foo") for line in head]
    assert (csv_yaml.read(written(tmp_path / "b.fsp", [*blind, NAMES, *table()])).down == 0.0).all()


def test_positions_too_shallow_for_centres_are_those_of_top_edges(tmp_path):
    head = [line for line in HEAD if "Mech" not in line and "Coordinates" not in line]
    names = NAMES + " STRIKE DIP"
    lines = [f"{line} {STRIKE} {DIP}".replace(" 6.000000 ", " 0.500000 ") for line in table(down=0.0)]
    found = csv_yaml.read(written(tmp_path / "a.fsp", [*head, names, *lines]))
    assert (found.down == 0.0).all() and found.top[0] == pytest.approx(500.0)
    assert said(
        found, "positions are taken for those of top edges: they are too shallow to be those of centres"
    )


def test_shallow_subfaults_are_shifted_below_the_ground(tmp_path):
    """Centres at 0.8 km of subfaults that need 1.56 km: as far as they are too high, and no others."""
    lines = [line.split() for line in table()]
    depths = [0.8 if n < ALONG else float(words[4]) for n, words in enumerate(lines)]
    lines = [
        " ".join([*words[:4], str(depth), *words[5:]]) for words, depth in zip(lines, depths, strict=True)
    ]
    head = [line.replace("Htop = 6.0 km", "") for line in HEAD]
    found = csv_yaml.read(written(tmp_path / "a.fsp", [*head, NAMES, *lines]))
    half = 0.5 * WIDTH * np.sin(np.deg2rad(DIP))
    np.testing.assert_allclose(found.depth[:ALONG], half)
    np.testing.assert_allclose(found.depth[ALONG:], 1e3 * np.array(depths[ALONG:]))
    text = said(found, "stand out of the ground")
    assert f"4 of 12 subfaults stand out of the ground, by up to {(half - 800) / 1e3:.3g} km" in text
    with pytest.raises(InputError, match="depth puts the top edge above the ground"):
        csv_yaml.read(
            written(tmp_path / "b.fsp", [*head, NAMES, *(x.replace(" 0.8 ", " -0.8 ") for x in lines)])
        )


# Points and corners that are point sources


@pytest.mark.parametrize("parts", [3, 5, 7])
def test_corners_of_a_param_file_that_are_point_sources(tmp_path, parts):
    """Each subfault divided into parts x parts points: corners are the first and last, rows the first of each."""
    first = 0.5 / parts
    found = csv_yaml.read(param(tmp_path, along=first, down=first, inset=first))
    np.testing.assert_allclose(found.along, first, atol=0.005)
    np.testing.assert_allclose(found.down, first, atol=0.005)
    assert not found.remarks
    np.testing.assert_allclose(uplift(found), uplift(plane()), atol=0.01)
    middle = csv_yaml.read(param(tmp_path, inset=first))
    assert (middle.along == 0.5).all() and (middle.down == 0.5).all()
    same(middle, plane())


@pytest.mark.parametrize("strike", [10, 200, 290])
def test_point_sources_of_a_long_fault_on_a_flat_map(tmp_path, strike):
    """625 km x 160 km, 5 x 5 point sources in a subfault, latitudes of 111.12 km: as programs lay them out."""
    nx, ny, dx, dy, dip, first = 25, 8, 25.0, 20.0, 12.0, 0.1

    def place(along: float, down: float) -> str:
        s, c, level = np.sin(np.deg2rad(strike)), np.cos(np.deg2rad(strike)), down * np.cos(np.deg2rad(dip))
        north = (along * c - level * s) / 111.12
        east = (along * s + level * c) / (111.12 * np.cos(np.deg2rad(38)))
        return f"{143 + east:.5f} {38 + north:.5f} {5 + down * np.sin(np.deg2rad(dip)):.5f}"

    lines = [
        f"#Fault_segment = 1 nx(Along-strike)= {nx} Dx= {dx}km ny(downdip)= {ny} Dy= {dy}km",
        "#Lon.  Lat.  Depth",
    ]
    west, east, top, bottom = first * dx, (nx - first) * dx, first * dy, (ny - first) * dy
    lines += [place(*end) for end in ((west, top), (west, bottom), (east, bottom), (east, top), (west, top))]
    lines.append("#Lon. Lat. depth slip rake strike dip t_rup t_ris t_fal mo")
    for k in range(ny):
        for n in range(nx):
            lines.append(f"{place((n + first) * dx, (k + first) * dy)} 100 90 {strike} {dip} 0 1 1 1e26")
    found = csv_yaml.read(written(tmp_path / "long.param", lines))
    assert found.along[0] == pytest.approx(first, abs=0.01) and found.down[0] == pytest.approx(
        first, abs=1e-3
    )


def test_what_corners_of_a_param_file_cannot_tell_is_remarked(tmp_path):
    same(found := csv_yaml.read(param(tmp_path, corners=False)), plane())
    assert said(found, "no corners of the fault: the points of subfaults are taken for their centres")
    same(found := csv_yaml.read(param(tmp_path, inset=1.0)), plane())
    assert said(found, "its corners do not fit its subfaults, whose points are taken for their centres")


# Counts and stray lines


def test_a_redundant_count_that_disagrees_is_remarked(tmp_path):
    head = [line.replace("Nsbfs = 12", "Nsbfs = 4") for line in HEAD]
    same(found := csv_yaml.read(written(tmp_path / "a.fsp", [*head, NAMES, *table()])), plane())
    assert said(found, "Nsbfs").endswith(
        "Nsbfs is 4 by the header, but segment 1 has 12 subfaults, which are used"
    )
    text = param(tmp_path).read_text().replace("fault_segments=     1", "fault_segments=     3")
    same(found := csv_yaml.read(written(tmp_path / "b.param", text.splitlines())), plane())
    assert said(found, "its first lines say 3 segments, but it has 1")


def test_stray_lines_are_remarked_and_bad_numbers_refused(tmp_path):
    text = param(tmp_path).read_text().splitlines()
    bare = [*text[:2], text[2].lstrip("#"), *text[3:9], "made by hand", text[9].lstrip("#"), *text[10:]]
    same(found := csv_yaml.read(written(tmp_path / "a.param", bare)), plane())
    assert "a.param line 10: 'made by hand' is no row of numbers" in said(found, "made by hand")
    lines = [*HEAD, NAMES.lstrip("% "), "Written by hand", *table()]
    same(found := csv_yaml.read(written(tmp_path / "a.fsp", lines)), plane())
    assert said(found, "Written by hand") and said(found, "LAT LON")
    with pytest.raises(InputError, match=r"b.fsp line 22: 'nil' is not a number"):
        rows_ = list(table())
        csv_yaml.read(
            written(tmp_path / "b.fsp", [*HEAD, NAMES, *rows_[:1], "nil " + rows_[1].split(" ", 1)[1]])
        )


# Coulomb


MAP = """     Map info
  3  ---------------------------- zero lon =      142.0000000
  6  ---------------------------- zero lat =        0.0000000
"""


def coulomb(rake: bool, rows_: str, more: str = MAP) -> list[str]:
    names = "rake    netslip" if rake else "rt.lat    reverse"
    text = f"""made for a test
with two lines of title
#reg1=  0  #reg2=  0   #fixed=   1  sym=  1
 PR1=       .250      PR2=       .250    DEPTH=        10.0
  E1=   0.800000E+06   E2=   0.800000E+06
XSYM=       .000     YSYM=       .000
FRIC=       .400

  #   X-start    Y-start     X-fin      Y-fin   Kode  {names}   dip angle     top      bot
xxx xxxxxxxxxx xxxxxxxxxx xxxxxxxxxx xxxxxxxxxx xxx xxxxxxxxxx xxxxxxxxxx xxxxxxxxxx xxxxxxxxxx xxxxxxxxxx
{rows_}

     Grid Parameters
  1  ----------------------------  Start-x =     -100.0
{more}"""
    return text.splitlines()


def test_a_coulomb_file(tmp_path):
    """10 km to the north from 30 km east of the origin, dipping 30 degrees east from 2 to 7 km; 40 GPa by Hooke."""
    row = "  1    30.0000     0.0000    30.0000    10.0000 100     0.0000     2.0000    30.0000     2.0000     7.0000 A"
    found = csv_yaml.read(written(tmp_path / "a.inp", coulomb(False, row)))
    assert (found.strike[0], found.dip[0], found.slip[0, 0]) == (0.0, 30.0, 2.0)
    assert found.rake[0] == pytest.approx(90.0) and found.rigidity == pytest.approx(3.2e10)
    np.testing.assert_allclose([found.length[0], found.width[0], found.top[0]], [10e3, 10e3, 2e3])
    # On the equator the geodesic is an arc of radius a = 6378.137 km.
    assert found.x[0] == pytest.approx(142 + np.rad2deg(30e3 / 6378137.0), abs=1e-9)
    assert found.y[0] == pytest.approx(0.0, abs=1e-12)
    assert found.moment() == pytest.approx(3.2e10 * 1e8 * 2)
    assert found.labels[0].endswith("a.inp line 11") and said(found, NO_TIMES)


def test_signs_and_planes_of_coulomb(tmp_path):
    row = "1 -5. 3. 5. 3. 100 {} {} 90. 1. 6."
    right = csv_yaml.read(written(tmp_path / "a.inp", coulomb(False, row.format("1.5", "0."))))
    assert right.rake[0] == pytest.approx(180.0) and right.strike[0] == pytest.approx(90.0)
    plain = csv_yaml.read(written(tmp_path / "b.inp", coulomb(True, row.format("-170.", "1.5"), "")))
    assert plain.rake[0] == pytest.approx(190.0) and not plain.lonlat
    assert (plain.x[0], plain.y[0]) == (-5e3, 3e3) and said(plain, "neither zero lon nor zero lat")
    receiver = row.format("0.", "0.").replace("100", "200")
    two = csv_yaml.read(written(tmp_path / "c.inp", coulomb(True, f"{row.format('90.', '1.')}\n{receiver}")))
    assert two.total_slip.tolist() == [1.0, 0.0] and said(two, "#fixed is 1, but there are 2 faults")


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("1 0. 0. 0. 9. 100 0. 1. 30. 2.", "line 11: has 10 values, expected 11: # X-start"),
        ("1 0. 0. 0. 9. 100 0. one 30. 2. 7.", "line 11: 'one' is not a number"),
        ("1 0. 0. 0. 9. 200 0. 1. 30. 2. 7.", "line 11: Kode is 200, expected 100"),
        ("1 0. 0. 0. 9. 100 0. 1. 0. 2. 7.", "line 11: dip is 0"),
        ("1 0. 0. 0. 9. 100 0. 1. 30. 7. 2.", "line 11: top and bot are 7 and 2 km"),
        ("1 0. 0. 0. 0. 100 0. 1. 30. 2. 7.", "line 11: length must be greater than zero"),
        ("", "the file ends here, expected # X-start"),
    ],
)
def test_bad_coulomb_files_name_the_line(tmp_path, row, words):
    with pytest.raises(InputError, match=words):
        csv_yaml.read(written(tmp_path / "a.inp", coulomb(False, row)))


# Other names


def test_a_file_of_another_name_is_known_by_its_words(tmp_path):
    text = param(tmp_path).read_text().splitlines()
    same(csv_yaml.read(written(tmp_path / "tohoku_ucsb.txt", text)), plane())
    same(csv_yaml.read(written(tmp_path / "slip", [*HEAD, NAMES, *table()])), plane())
    with pytest.raises(
        InputError, match=r"read from .csv, .* and .inp files, not '.ctl'; write it as .csv with lon"
    ):
        csv_yaml.read(written(tmp_path / "fault.ctl", ["Focal Depth (meter): 6100"]))
