"""The numpy backend: whole-array expressions, the reference whose bits every other backend has to give."""
