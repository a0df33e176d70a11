"""The whole product at its borders: bad input gets a problem document and changes nothing."""
