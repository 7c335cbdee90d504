"""One reader per data set, one record type out."""
