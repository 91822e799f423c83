// Preprocess
