"""What has to hold of a recorded history; pure functions, each of which is shown to be able to fail.

An oracle gives a list of what is broken: pairs of a sentence and the exchanges that show it.
"""
