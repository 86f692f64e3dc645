"""What lies outside the centre: other offices' systems that a flow may ask, and the gateway that sends texts.

Adapters. Nothing here decides, and nothing here may hold a call: every wait has a deadline, every answer a size.
"""
