// Filled with the report.
