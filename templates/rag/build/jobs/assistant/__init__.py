"""An assistant that answers questions from documents, and says where each answer is from."""
