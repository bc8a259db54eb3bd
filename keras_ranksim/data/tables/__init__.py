"""Any table with a column to predict."""
