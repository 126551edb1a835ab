/** The part of oidc-provider that the rig uses; the package has no types of its own. */
declare module "oidc-provider" {
  import type { IncomingMessage, Server, ServerResponse } from "node:http";
  export default class Provider {
    constructor(issuer: string, options: object);
    Grant: new (of: {
      clientId: string;
      accountId: string;
    }) => { addOIDCScope(scope: string): void; save(): Promise<string> };
    use(middleware: (ctx: never, next: () => Promise<void>) => Promise<void>): void;
    interactionFinished(req: IncomingMessage, res: ServerResponse, result: object): Promise<void>;
    listen(port: number, host: string, done: () => void): Server;
  }
}
