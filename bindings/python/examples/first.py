import asyncio

import ptg


async def greet(name):
    await asyncio.sleep(0.01)
    if name == "nobody":
        raise ValueError("there is nobody to greet")
    print(f"hello, {name}")


def on_error(kind, error, traceback):
    print(f"{ptg.current_error().name} failed: {error}")


async def main():
    async with ptg.PersistentTaskGroup(name="greetings", exception_handler=on_error, grace=5) as group:
        for name in ("Ada", "nobody", "Grace"):
            group.create_task(greet(name))
    statistics = group.statistics()
    print(f"{statistics.succeeded} of {statistics.spawned} went well")


asyncio.run(main())
