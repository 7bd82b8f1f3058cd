"""Settings: command line over environment over file over defaults, and where each came from.

    settings = resolve(
        {"train": TrainOptions, "gru": Options}, flags={"train": {"seed": 1}},
        assignments=["gru.depth=2"], environment=os.environ, file=find_config(None),
    )
    settings["train"].seed, settings.origin("train", "seed")      # 1, "flag"

The resolved settings are written as TOML that can be read again with `--config`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rnngen.contracts.errors import UsageError
from rnngen.contracts.options import OptionField, coerce, describe, suggest, unknown_option
from rnngen.kernel.assignments import Assignment, assign, parse_assignments
from rnngen.kernel.config_file import Config, find_config
from rnngen.kernel.core_options import COMMANDS, SECTIONS

if TYPE_CHECKING:
    from rnngen.kernel.component import Component

SHORT_VARIABLES = {("train", "device"): "RNNGEN_DEVICE", ("train", "seed"): "RNNGEN_SEED"}


class Settings(Mapping[str, Any]):
    """The options of every section, built, and where each value came from."""

    def __init__(self, sections: Mapping[str, Any], origins: Mapping[tuple[str, str], str]) -> None:
        self._sections = dict(sections)
        self._origins = dict(origins)

    def __getitem__(self, section: str) -> Any:
        return self._sections[section]

    def __iter__(self) -> Iterator[str]:
        return iter(self._sections)

    def __len__(self) -> int:
        return len(self._sections)

    def origin(self, section: str, name: str) -> str:
        """`flag`, `environment RNNGEN_SEED`, `rnngen.toml`, `inherited` or `default`."""
        return self._origins.get((section, name), "default")


@dataclass(frozen=True)
class Said:
    """What was said about options, wherever that was, before any of it is checked.

    Args:
        flags: values given as flags of the command, by section; None values are not given.
        assignments: from `-o`; they go with the flags and win over them.
        environment: variables `RNNGEN_<SECTION>_<OPTION>`, `RNNGEN_DEVICE`, `RNNGEN_SEED`.
        file: the configuration file.
        inherited: values of the run that is continued; they stand for the defaults.
    """

    flags: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    assignments: Sequence[Assignment] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    file: Config | None = None
    inherited: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def value(self, section: str, name: str) -> Any:
        """One option of the core, before it is known which other sections there are.

        So the names of components are read, whose options are the other sections.

        Raises:
            UsageError: the value is wrong.
        """
        options = SECTIONS[section]
        (option,) = (option for option in describe(options) if option.name == name)
        about = [
            assignment
            for assignment in self.assignments
            if assignment.name == name and assignment.section in (section, None)
        ]
        for layer, origin in reversed(self._layers({section: options}, about)):
            for key, value in layer.get(section, {}).items():
                if key.replace("-", "_") == name:
                    return coerce(option, value, f"section `{section}` ({origin(section, name)})")
        return option.default

    def resolve(
        self, sections: Mapping[str, type], known: Callable[[], Iterable[str]] | None = None
    ) -> Settings:
        """Settings of all active sections; see the function `resolve`."""
        fields = _fields(sections)
        if self.file is not None:
            _check_sections(self.file, fields, known)
        values: dict[str, dict[str, Any]] = {section: {} for section in sections}
        origins: dict[tuple[str, str], str] = {}
        for layer, origin in self._layers(sections, self.assignments):
            for section in layer.keys() & fields.keys():
                for key, value in layer[section].items():
                    name = key.replace("-", "_")
                    place = f"section `{section}` ({origin(section, name)})"
                    if name not in fields[section]:
                        raise unknown_option(name, fields[section], place)
                    values[section][name] = coerce(fields[section][name], value, place)
                    origins[section, name] = origin(section, name)
        built = {
            section: options(
                **{fields[section][n].attribute: v for n, v in values[section].items()}
            )
            for section, options in sections.items()
        }
        return Settings(built, origins)

    def _layers(
        self, sections: Mapping[str, type], assignments: Sequence[Assignment]
    ) -> list[tuple[Mapping[str, Mapping[str, Any]], Callable[[str, str], str]]]:
        """Values by section, each layer with the name of its origin; a later layer wins."""
        file, environment = self.file, self.environment
        return [
            (self.inherited, lambda section, name: "inherited"),
            (file.sections if file else {}, lambda section, name: file.label if file else ""),
            (
                _from_environment(_fields(sections), environment),
                lambda section, name: f"environment {_given(section, name, environment)}",
            ),
            (_without_none(self.flags), lambda section, name: "flag"),
            (assign(sections, assignments), lambda section, name: "flag"),
        ]


def resolve(
    sections: Mapping[str, type],
    *,
    flags: Mapping[str, Mapping[str, Any]] | None = None,
    assignments: Sequence[str] = (),
    environment: Mapping[str, str] | None = None,
    file: Config | None = None,
    inherited: Mapping[str, Mapping[str, Any]] | None = None,
    known: Callable[[], Iterable[str]] | None = None,
) -> Settings:
    """Settings of all active sections.

    Args:
        sections: options dataclass of everything active, by section.
        flags: see `Said`.
        assignments: `-o` texts.
        environment: see `Said`.
        file: see `Said`.
        inherited: see `Said`.
        known: gives the sections that are not errors although inactive; by default those of the
            core and of every component in the catalog.

    Raises:
        UsageError: an unknown option or section (with the nearest one), or a wrong value.
    """
    parsed = parse_assignments(assignments)
    said = Said(flags or {}, parsed, environment or {}, file, inherited or {})
    return said.resolve(sections, known)


def command_table(name: str, path: Path | None) -> Mapping[str, Any]:
    """A command's own table, where the command has no options of components.

    The rest of the file is for other commands, and is checked all the same.

    Raises:
        UsageError: see `find_config`; or the file has a section or key that nothing has.
    """
    file = find_config(path)
    Said(file=file).resolve({})
    return file.command(name) if file else {}


def section_types(components: Iterable[Component]) -> dict[str, type]:
    """The options dataclass of each component that has one, by section.

    Raises:
        PluginError: one can't be imported.
    """
    found = {}
    for component in components:
        options = component.load_options()
        if options is not None:
            found[component.name] = options
    return found


def variable_names(section: str, name: str) -> list[str]:
    """The environment variables of an option, the one that wins first."""
    full = f"RNNGEN_{section}_{name}".upper().replace("-", "_")
    short = SHORT_VARIABLES.get((section, name))
    return [full, short] if short else [full]


def ignored(
    settings: Settings,
    environment: Mapping[str, str],
    file: Config | None,
    given: Collection[tuple[str, str]] = (),
) -> list[str]:
    """What was not read but would have changed settings: variables, and options of a file.

    Args:
        settings: what is in force.
        environment: variables that were not read.
        file: a configuration file that was not read.
        given: section and name of the options that nothing could change, as flags gave them.
    """
    found = []
    for section, instance in settings.items():
        table = {} if file is None else file.sections.get(section, {})
        written = {name.replace("-", "_"): value for name, value in table.items()}
        for option in describe(type(instance)):
            if (section, option.name) in given:
                continue
            value = getattr(instance, option.attribute)
            variable = _given(section, option.name, environment)
            if variable and _differs(option, environment[variable], value):
                found.append(variable)
            if option.name in written and _differs(option, written[option.name], value):
                found.append(f"{section}.{option.name} of {file.label if file else ''}")
    return found


def to_toml(
    settings: Settings,
    commands: Mapping[str, Mapping[str, Any]] | None = None,
    *,
    complete: bool = False,
) -> str:
    """The settings as TOML with comments, which `--config` reads to the same values.

    Args:
        settings: what was resolved.
        commands: tables such as `{"fit": {"data": [...]}}` to put on top.
        complete: whether values that are none are written too, so that no other default, of a
            domain or of a later version, can take their place.
    """
    blocks = [
        "\n".join([f"[{name}]", *(_assignment(key, value) for key, value in table.items())])
        for name, table in (commands or {}).items()
    ]
    for section, instance in settings.items():
        lines = [f"[{section}]"]
        for option in describe(type(instance)):
            origin = settings.origin(section, option.name)
            lines.append(f"# {_comment(option)}" + (f" ({origin})" if origin != "default" else ""))
            lines.append(_line(option, getattr(instance, option.attribute), complete))
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks) + "\n"


def _check_sections(
    file: Config, active: Iterable[str], known: Callable[[], Iterable[str]] | None
) -> None:
    """Refuses sections that nothing has, and keys that no component of an idle section has."""
    idle = set(file.sections) - set(active)
    if not idle:
        return
    names = {*active, *COMMANDS, *(_known_sections() if known is None else known())}
    for section in sorted(idle - names):
        near = suggest(section, names)
        raise UsageError(
            f"there is no section `{section}` ({file.label})",
            hint=f"did you mean `{near}`?" if near else "`rnngen list` shows every component",
        )
    if known is None:
        for section in sorted(idle):
            _check_idle(section, file)


def _check_idle(section: str, file: Config) -> None:
    """One file serves several commands, so what this one does not use may be misspelt, too."""
    from rnngen.kernel.catalog import get_catalog

    names = get_catalog().option_names(section)
    for key in file.sections[section]:
        if names is not None and key.replace("-", "_") not in names:
            raise unknown_option(key, names, f"section `{section}` ({file.label})")


def _known_sections() -> set[str]:
    from rnngen.kernel.catalog import get_catalog

    return get_catalog().sections()


def _fields(sections: Mapping[str, type]) -> dict[str, dict[str, OptionField]]:
    return {
        section: {option.name: option for option in describe(options)}
        for section, options in sections.items()
    }


def _from_environment(
    fields: Mapping[str, Mapping[str, OptionField]], environment: Mapping[str, str]
) -> dict[str, dict[str, str]]:
    return {
        section: {
            name: environment[_given(section, name, environment)]
            for name in options
            if _given(section, name, environment)
        }
        for section, options in fields.items()
    }


def _given(section: str, name: str, environment: Mapping[str, str]) -> str:
    """The variable that sets an option; empty if none does. An empty variable is not set."""
    return next((name for name in variable_names(section, name) if environment.get(name)), "")


def _without_none(flags: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    return {
        section: {name: value for name, value in values.items() if value is not None}
        for section, values in flags.items()
    }


def _comment(option: OptionField) -> str:
    return " ".join(f"{option.type_name}: {option.help}".split())


def _line(option: OptionField, value: Any, complete: bool) -> str:
    if value is not None:
        return _assignment(option.name, value)
    # TOML has no null; a default of none needs no line, and elsewhere the word is read as none.
    if option.default is None and not complete:
        return f"# {option.name} = none"
    return f'{option.name} = "none"'


def _differs(option: OptionField, raw: Any, value: Any) -> bool:
    """Whether a value as written differs; one that can't be read does."""
    try:
        return bool(coerce(option, raw, "") != value)
    except UsageError:
        return True


def _assignment(name: str, value: Any) -> str:
    import tomli_w

    if isinstance(value, Path):
        value = str(value)
    if isinstance(value, tuple | list):
        value = [str(part) if isinstance(part, Path) else part for part in value]
    return tomli_w.dumps({name: value}).rstrip("\n")
