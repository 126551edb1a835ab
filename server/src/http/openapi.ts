import { limits, sessionHeader } from "@aftercare/protocol";
import { refusalStatuses } from "./refusal.ts";
import type { JsonSchema, Route } from "./route.ts";
import { routes } from "./routes.ts";
import { namedSchemas, ref, schemaOf } from "./schemas.ts";

let made: JsonSchema | undefined;

/** The published description, made from the table of routes and the protocol's schemas. */
export function openApi(): JsonSchema {
  made ??= {
    openapi: "3.1.0",
    info: {
      title: "Aftercare",
      version: "1",
      description: `Commands, reads and transports of the message core. A body is at most ${limits.frameBytes} bytes of JSON unless said otherwise.`,
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: "/" }],
    paths: paths(),
    components: {
      schemas: namedSchemas(),
      securitySchemes: { bearer: { type: "http", scheme: "bearer" } },
    },
  };
  return made;
}

function paths(): JsonSchema {
  const found: Record<string, Record<string, JsonSchema>> = {};
  for (const route of routes) {
    found[route.path] ??= {};
    (found[route.path] as Record<string, JsonSchema>)[route.method] = operation(route);
  }
  return found;
}

function operation(route: Route): JsonSchema {
  const parameters = [
    ...Object.entries(route.params ?? {}).map(([name, schema]) => ({ name, in: "path", required: true, schema })),
    ...Object.entries(route.query ?? {}).map(([name, { schema, required = false }]) => ({
      name,
      in: "query",
      required,
      schema,
    })),
    ...(route.sessionHeader ? [{ name: sessionHeader, in: "header", required: true, schema: { type: "string" } }] : []),
  ];
  const body = route.body && ("schema" in route.body ? schemaOf(route.body.schema) : route.body.described);
  return {
    operationId: route.operationId,
    summary: route.summary,
    security: route.auth === "bearer" ? [{ bearer: [] }] : [],
    ...(parameters.length > 0 && { parameters }),
    ...(body && { requestBody: { required: true, content: { "application/json": { schema: body } } } }),
    responses: { [route.answer.status]: answered(route), ...refused(route) },
  };
}

function answered({ answer: { description, schema, type = "application/json" } }: Route): JsonSchema {
  return { description, ...(schema && { content: { [type]: { schema } } }) };
}

/** Every status a refusal may come with; the code inside says what it is. */
function refused(route: Route): JsonSchema {
  if (route.auth === "probe" && route.path !== "/readyz") return {};
  const schema = route.path === "/readyz" ? route.answer.schema : ref("Refused");
  const content = { "application/json": { schema } };
  const statuses = route.path === "/readyz" ? [503] : refusalStatuses;
  return Object.fromEntries(statuses.map((status) => [status, { description: "Refused", content }]));
}
