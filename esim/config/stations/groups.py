"""Which stations does the configuration have? Those that stand in it, and those of the files that it names."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Generic, NamedTuple, TypeVar

from pydantic import BeforeValidator, GetJsonSchemaHandler, ValidationError
from pydantic_core import CoreSchema

from esim.config.stations.station import StationConfig, StationFileConfig
from esim.config.yaml.document import Document
from esim.config.yaml.problems import input_error
from esim.config.yaml.section import KeyProblem, KeyProblems, Section
from esim.config.yaml.suggest import several
from esim.data import locate
from esim.errors import InputError

Place = tuple[str | int, ...]
S = TypeVar("S", bound=StationConfig)
PAIRS = (("lon", "lat"), ("x", "y"))


class Listed(NamedTuple, Generic[S]):
    """A station: the key of the item it comes from, where it stands in its file ("" for none), and itself."""

    key: Place
    where: str
    station: S

    def problem(self, key: str, sentence: str) -> KeyProblem:
        """A sentence about one of its keys, at its place in the configuration or in the file."""
        if self.where:
            return KeyProblem((*self.key, "file"), f"{self.where}: {sentence}")
        return KeyProblem((*self.key, key), sentence)

    @property
    def label(self) -> str:
        """Where it stands, in a sentence about another one."""
        return ".".join(map(str, self.key)) + (f" ({self.where})" if self.where else "")


def list_items(items: Sequence[Any], make: type[S], lonlat: bool) -> list[Listed[S]]:
    """All stations of the items of a list: stations, files of stations, and lists in it.

    Stations of a file are made by `make`, with positions in degrees where lonlat and the file has both kinds. A file,
    or a list, may have settings: they hold for its stations where these have none. Raises KeyProblems with a sentence
    for each file that cannot be read and each row that is no station.
    """
    found: list[Listed[S]] = []
    problems: list[KeyProblem] = []
    for n, item in enumerate(items):
        key: Place = ("stations", n)
        if isinstance(item, StationConfig):
            found.append(Listed(key, "", item))  # type: ignore[arg-type]
        elif isinstance(item, StationFileConfig):
            found += _of_file(key, item, make, lonlat, problems)
        else:
            given = _settings(item, make)
            found += [
                Listed((*key, "list", m), "", _with_settings(one, given)) for m, one in enumerate(item.list)
            ]
    if problems:
        raise KeyProblems(problems)
    return found


def _of_file(
    key: Place, item: StationFileConfig, make: type[S], lonlat: bool, problems: list[KeyProblem]
) -> Iterator[Listed[S]]:
    """The stations of a file; what is wrong with it goes to the problems."""
    try:
        rows, directory = item.contents(lonlat).rows, locate(item.file).parent
    except (ValueError, InputError) as error:
        problems.append(KeyProblem((*key, "file"), str(error)))
        return
    given = _settings(item, make)
    for row in rows:
        values = {name: value for name, value in row.values.items() if name in make.model_fields}
        if {"lon", "x"} <= values.keys():
            values = {name: value for name, value in values.items() if name not in PAIRS[lonlat]}
        try:
            station = make.model_validate(values, context={"directory": directory})
        except ValidationError as error:
            sentence = str(input_error(error, Document(values, directory, {(): row.where})))
            problems.append(KeyProblem((*key, "file"), "; ".join(sentence.splitlines())))
        else:
            yield Listed(key, row.where, _with_settings(station, given))


def doubled_names(stations: Iterable[Listed[S]]) -> Iterator[KeyProblem]:
    """A sentence for each station whose name an earlier one has."""
    first: dict[str, Listed[S]] = {}
    for one in stations:
        name = one.station.name
        if first.setdefault(name, one) is not one:
            text = f"'{name}' is already the name of {first[name].label}; names must be unique"
            yield one.problem("name", text)


def part(
    stations: Iterable[Listed[S]], outside: Callable[[S], bool]
) -> tuple[list[Listed[S]], list[Listed[S]]]:
    """The stations in the grid, or to be refused, and those outside that are to be skipped."""
    kept: list[Listed[S]] = []
    skipped: list[Listed[S]] = []
    for one in stations:
        (skipped if one.station.outside == "skip" and outside(one.station) else kept).append(one)
    return kept, skipped


def skipped_warning(stations: Sequence[StationConfig]) -> Iterator[str]:
    """A sentence about the stations that were skipped, if there are any."""
    if stations:
        names = several([f"'{station.name}'" for station in stations])
        yield f"stations: skipped, since they lie outside the grid: {names}"


def unused(items: Sequence[Any], make: type[S], lonlat: bool) -> Iterator[str]:
    """Sentences about what files of stations say that is not read."""
    for n, item in enumerate(items):
        if not isinstance(item, StationFileConfig):
            continue
        contents = item.contents(lonlat)
        columns = {key for row in contents.rows for key in row.values}
        left = [key for key in columns if key not in make.model_fields]
        if {"lon", "x"} <= columns:
            left += PAIRS[lonlat]
        if found := [*contents.unused, *sorted(left)]:
            yield f"stations.{n}.file: {item.file.name} also has {', '.join(found)}, which is not used"


def _settings(group: Section, make: type[StationConfig]) -> Mapping[str, Any]:
    """The settings of a group that stations can have."""
    return {name: getattr(group, name) for name in group.model_fields_set & set(make.model_fields)}


def _with_settings(station: S, settings: Mapping[str, Any]) -> S:
    """A station with the settings of its group that it has not itself."""
    given = {name: value for name, value in settings.items() if name not in station.model_fields_set}
    return station.model_copy(update=given) if given else station


def kind_of_item(value: Any) -> str:
    """Which kind of item of the list of stations: by its keys, as it has no key kind."""
    if isinstance(value, Section):
        keys: Iterable[str] = type(value).model_fields
    else:
        keys = value if isinstance(value, Mapping) else ()
    return f"kind={next((key for key in ('file', 'list') if key in keys), 'station')}"


class _ItemOrList:
    """Says in the JSON schema that an item may stand alone where a list is expected."""

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        schema = handler(core)
        return {"anyOf": [schema, schema["items"]]}


def _one_or_list(value: Any) -> Any:
    """A list of one item from an item that stands alone: `stations: {file: gauges.csv}`."""
    return [value] if isinstance(value, Mapping) else value


ONE_OR_LIST = (BeforeValidator(_one_or_list), _ItemOrList())  # of a list in which an item may stand alone
