"""What is in force while the engine serves: documents by revision, counsellors and officials by import."""
