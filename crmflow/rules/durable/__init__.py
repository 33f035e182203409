"""How do the rules of an inference run on durable-rules? (`engine: durable`, the extra `crmflow[durable]`)

The library matches facts against patterns and guards nothing: what it is given here is made from our own
typed tree, of whole numbers alone, in a process of its own, and only in forms that it gets right.
"""
