"""Evidence to one small record per subject: dataframe expressions over columns, exact integers, no money."""
