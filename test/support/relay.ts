import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/**
 * One address for a server that is stopped and started again. The server takes any free port each time; nobody else can
 * take the one that its clients know meanwhile.
 */
export class Relay {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #target: number | undefined;

  private constructor() {
    this.#server = createServer((client) => this.#join(client));
  }

  static async start(): Promise<Relay> {
    const relay = new Relay();
    relay.#server.listen(0, '127.0.0.1');
    await once(relay.#server, 'listening');
    return relay;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** @param port - where the server listens now; `undefined`: nobody is there. */
  leadTo(port: number | undefined): void {
    this.#target = port;
  }

  async close(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #join(client: Socket): void {
    const sockets = this.#target === undefined ? [client] : [client, connect(this.#target, '127.0.0.1')];
    for (const socket of sockets) {
      this.#sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        this.#sockets.delete(socket);
        for (const other of sockets) other.destroy();
      });
    }
    const [, server] = sockets;
    if (server === undefined) client.destroy();
    else client.pipe(server).pipe(client);
  }
}
