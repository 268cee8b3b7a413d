"""What the job does to measurements, without Glue: plain functions over pandas frames, as the tests call them."""
