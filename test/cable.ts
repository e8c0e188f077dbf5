import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** The way to a server of this machine, which can be cut. */
export class Cable {
  private readonly sockets = new Set<Socket>();
  private cut = false;

  private constructor(private readonly server: Server) {}

  static async to(port: number): Promise<Cable> {
    const server = createServer();
    const cable = new Cable(server);
    server.on('connection', (socket) => {
      if (cable.cut) return void socket.destroy();
      const onward = connect(port, '127.0.0.1');
      for (const [from, into] of [
        [socket, onward],
        [onward, socket],
      ] as const) {
        cable.sockets.add(from);
        from.pipe(into);
        from.on('error', () => into.destroy());
        from.on('close', () => into.destroy());
      }
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    return cable;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  set isCut(cut: boolean) {
    this.cut = cut;
    if (cut) for (const socket of this.sockets) socket.destroy();
  }

  close(): void {
    this.isCut = true;
    this.server.close();
  }
}
