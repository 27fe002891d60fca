"""Files for finance: same run, same bytes; a control row at the end; safe to open in a spreadsheet."""
