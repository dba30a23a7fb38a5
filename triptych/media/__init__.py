"""Files of pictures and sounds to the arrays that models take: the same code when training and when serving."""
