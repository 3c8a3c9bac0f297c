"""Teachers: whoever can say, for an image and its camera, which point every cell sees."""
