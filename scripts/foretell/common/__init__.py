"""What every stage uses: files, errors, metrics, intervals."""
