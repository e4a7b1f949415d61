"""Conversations: messages in logs, turn lists and rows; who replies to whom; sub-dialogues; the text that they become."""
