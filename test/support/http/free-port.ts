import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';

/** For a program that must be told its port. Another may take it in between: whoever can listen on port 0 itself does that. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
