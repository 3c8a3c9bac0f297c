"""Shape of the network, as it is written beside a checkpoint."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field

TOKEN = 16
CELL = 4
RECORD_FILE = "training.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelConfig:
    """Sizes and switches.

    Attributes:
        image_width, image_height: network input, pixels, multiples of 16.
        prompt_length: ids per phrase.
        vocabulary: number of token ids.
        kinds, colours: classes of the auxiliary heads.
        width: channels of a visual token and of the language model.
        stem: channels at strides 2, 4 and 8.
        vision_layers, language_layers: transformer blocks; heads: attention heads of both.
        vision_hidden, language_hidden: width of the feed-forward parts.
        use_rays: the dense camera-ray embedding (CA-MLLM); off gives the RGB-only twin.
        use_mounting: rays also know how the camera is mounted (ours).
        ray_form: ``lens`` (rays of the true lens, from stride 4 on; ours) or ``paper`` (CA-MLLM's
            R_x, R_y, f_x, f_y on every token).
        canonical_range: range is predicted in pixel angles instead of metres.
        prior: ``none``, or ``inject``: a teacher's point map is added to the tokens (CA-MLLM).
        teacher: sizes of that teacher, see ``model.teacher``.
        belief: what each visual token shows and how far it is, said before the language model
            reads it, so that words can compare.
        looks_back: the word behind a <loc> of an answer sees of the picture only the visual token
            pointed at, so that what follows is about that thing.
        spatial_layers: language layers (from 1) whose visual states are lifted to depth, ray and
            point maps (SpatialSV); none switches the heads off.
        language: model type of the language model, a decoder of ``transformers``; language_config:
            overrides of its own config, see ``model.language``.
    """

    image_width: int = 160
    image_height: int = 128
    prompt_length: int = 8
    vocabulary: int
    kinds: int
    colours: int
    width: int = 192
    stem: tuple[int, int, int] = (32, 64, 128)
    vision_layers: int = 4
    language_layers: int = 3
    heads: int = 6
    vision_hidden: int = 576
    language_hidden: int = 384
    use_rays: bool = True
    use_mounting: bool = True
    ray_form: str = "lens"
    canonical_range: bool = True
    prior: str = "none"
    teacher: dict[str, object] = field(default_factory=dict)
    belief: bool = False
    looks_back: bool = False
    spatial_layers: tuple[int, ...] = ()
    language: str = "qwen2"
    language_config: dict[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("image_width", "image_height"):
            value = getattr(self, name)
            if value <= 0 or value % TOKEN:
                raise ValueError(f"{name}: expected a positive multiple of {TOKEN}, got {value}")
        if self.width % self.heads or (self.width // self.heads) % 2:
            raise ValueError(
                f"heads: expected an even share of width {self.width}, got {self.heads}"
            )
        for name, choices in (("ray_form", ("lens", "paper")), ("prior", ("none", "inject"))):
            if getattr(self, name) not in choices:
                raise ValueError(f"{name}: expected one of {choices}, got {getattr(self, name)!r}")
        if any(not 1 <= layer <= self.language_layers for layer in self.spatial_layers):
            raise ValueError(
                f"spatial_layers: expected layers 1 to {self.language_layers}, "
                f"got {self.spatial_layers}"
            )
        object.__setattr__(self, "stem", tuple(self.stem))
        object.__setattr__(self, "spatial_layers", tuple(self.spatial_layers))

    @property
    def grid(self) -> tuple[int, int]:
        """Rows and columns of visual tokens."""
        return self.image_height // TOKEN, self.image_width // TOKEN

    @property
    def tokens(self) -> int:
        """Number of visual tokens."""
        rows, cols = self.grid
        return rows * cols

    def to_dict(self) -> dict[str, object]:
        """For JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, record: dict[str, object]) -> ModelConfig:
        """The inverse of :meth:`to_dict`; unknown or missing keys raise ValueError."""
        try:
            return cls(**record)  # type: ignore[arg-type]
        except TypeError as error:
            raise ValueError(f"model config: {error}") from error
