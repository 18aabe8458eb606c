"""The cases of validation, by what they are about."""
