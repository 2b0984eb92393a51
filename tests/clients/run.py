"""Uses the API of a running server with the unmodified PyPI package `chatwoot-sdk`: tests/README.md.

    PYTHON tests/clients/run.py ADDRESS < TOKEN

PYTHON is one for which `pip install chatwoot-sdk` was run. Ends with 1 if a call fails.
"""

import asyncio
import sys
from importlib.metadata import version

from chatwoot import AsyncChatwootClient, ChatwootAuthError, ChatwootClient, ChatwootNotFoundError

if len(sys.argv) != 2:
    sys.exit("usage: run.py ADDRESS < TOKEN")
address, token = sys.argv[1], sys.stdin.read().strip()


def refused(call, error):
    try:
        call()
    except error:
        return
    raise AssertionError(f"no {error.__name__}")


with ChatwootClient(base_url=address, api_token=token) as client:
    profile = client.profile.get()
    account = profile.accounts[0].id
    (inbox,) = client.inboxes.list(account_id=account)
    assert inbox.name == "Website" and inbox.channel_type == "Channel::WebWidget", inbox
    assert client.inboxes.get(account_id=account, inbox_id=inbox.id).id == inbox.id
    refused(lambda: client.inboxes.get(account_id=account, inbox_id=999_999), ChatwootNotFoundError)
with ChatwootClient(base_url=address, api_token="wrong") as client:
    refused(client.profile.get, ChatwootAuthError)


async def asynchronous():
    async with AsyncChatwootClient(base_url=address, api_token=token) as client:
        return (await client.profile.get()).email


assert asyncio.run(asynchronous()) == profile.email
print(f"chatwoot-sdk {version('chatwoot-sdk')}: profile, inboxes, errors")
