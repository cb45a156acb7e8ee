"""A Review -> JSON, CSV, Markdown or a table; only words and layout, no judgement. Import the module of the layout that is wanted."""
