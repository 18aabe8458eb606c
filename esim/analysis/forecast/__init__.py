"""How is a forecast read and drawn, from the files that `esim forecast run` writes?"""
