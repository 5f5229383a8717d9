"""What a merge would do, asked before it is made. docs/merging.md says what is answered."""
