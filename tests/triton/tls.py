"""Speaks TLS with cert.pem and key.pem of the working directory before a server that does not: tls.py PORT HOST:PORT."""
import asyncio
import ssl
import sys

port, (host, upstream) = int(sys.argv[1]), sys.argv[2].split(":")


async def copy(reader, writer):
    try:
        while data := await reader.read(1 << 16):
            writer.write(data)
            await writer.drain()
    finally:
        writer.close()


async def serve(reader, writer):
    inner = await asyncio.open_connection(host, int(upstream))
    await asyncio.gather(copy(reader, inner[1]), copy(inner[0], writer), return_exceptions=True)


async def main():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain("cert.pem", "key.pem")
    context.set_alpn_protocols(["h2", "http/1.1"])
    server = await asyncio.start_server(serve, "127.0.0.1", port, ssl=context)
    print("listening", flush=True)
    await server.serve_forever()


asyncio.run(main())
