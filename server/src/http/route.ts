import type { WorkspacePermission } from "@aftercare/core";
import type { GenericSchema } from "@aftercare/protocol";
import type { Call, HttpCtx, SignedCall } from "./call.ts";

/** A JSON Schema, as OpenAPI 3.1 takes it. */
export type JsonSchema = { readonly [key: string]: unknown };

type Described = {
  readonly method: "get" | "post" | "put" | "patch" | "delete";
  /** `{name}` stands for one segment. */
  readonly path: string;
  readonly operationId: string;
  readonly summary: string;
  readonly params?: Readonly<Record<string, JsonSchema>>;
  /** Every query parameter there is; any other is refused. */
  readonly query?: Readonly<Record<string, { schema: JsonSchema; required?: boolean }>>;
  /** Names the session of the transports that are made of requests. */
  readonly sessionHeader?: boolean;
  /** The schema of the body, checked before the handler runs; `described` where the node checks it itself. */
  readonly body?: { schema: GenericSchema } | { described: JsonSchema };
  /** Only for bodies that hold many frames. */
  readonly bodyMaxBytes?: number;
  readonly answer: {
    readonly status: number;
    readonly description: string;
    readonly schema?: JsonSchema;
    readonly type?: string;
  };
};

type Handler<C> = (ctx: HttpCtx, call: C) => Promise<Response> | Response;

/** One row of the API: routing, checks and the published description are all made from it. */
export type Route = Described &
  (
    | {
        readonly auth: "bearer";
        /** What the caller must be allowed in the workspace, or be; told apart before anything is looked at. */
        readonly needs?: WorkspacePermission | "staff";
        readonly handle: Handler<SignedCall>;
      }
    /** `open` is for everybody; `probe` besides is never limited nor refused while draining. */
    | { readonly auth: "open" | "probe"; readonly handle: Handler<Call> }
  );
