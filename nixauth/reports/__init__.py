"""A report in, a document for a person or a machine out: a file a format."""
