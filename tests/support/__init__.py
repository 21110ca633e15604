"""What several rooms of tests share; each module is one noun or verb."""
