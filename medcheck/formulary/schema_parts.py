"""What the schemas of the formulary's files share: strictness, kinds of text and number, the review of a file."""

from __future__ import annotations

from typing import Any

from marshmallow import RAISE, Schema, fields, validate

MARKS = ("yes", "secondary", "no")


class Strict(Schema):
    """An unknown key is an error."""

    class Meta:
        """An unknown key is an error."""

        unknown = RAISE


def string(*, required: bool = True) -> fields.String:
    """Text that is not empty."""
    return fields.String(required=required, validate=validate.Length(min=1))


def strings(*, required: bool = False, minimum: int = 0, **more: Any) -> fields.List[str]:
    """A list of texts."""
    return fields.List(fields.String(validate=validate.Length(min=1)), required=required, validate=validate.Length(min=minimum), **more)


def one_of(*values: str, required: bool = True) -> fields.String:
    """One of some words."""
    return fields.String(required=required, validate=validate.OneOf(values))


def number(*, required: bool = False, **more: Any) -> fields.Float:
    """A number of at least 0."""
    return fields.Float(required=required, validate=validate.Range(min=0), **more)


class ReviewSchema(Strict):
    """Who wrote, who checked, when, and when next."""

    authored_by = string()
    checked_by = fields.String(required=True)
    date_reviewed = fields.Raw(required=True, metadata={"type": "string", "format": "date"})
    next_review = fields.Raw(required=True, metadata={"type": "string", "format": "date"})
