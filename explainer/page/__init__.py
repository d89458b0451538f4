"""The page's sections, one a module. The only part of the package that knows Streamlit."""
