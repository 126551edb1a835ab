import { expect, test } from "bun:test";
import { commandTypes } from "@aftercare/protocol";
import { Validator } from "@seriousme/openapi-schema-validator";
import { createApp } from "../../server/src/http/app.ts";
import { openApi } from "../../server/src/http/openapi.ts";

interface Operation {
  operationId: string;
  security: object[];
  parameters?: { in: string; name: string }[];
}
interface Schema {
  properties: { type: unknown; body: Schema };
  additionalProperties?: boolean;
  discriminator: { mapping: Record<string, string> };
}
interface Description {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema> & { Command: Schema } };
}
const document: Description = JSON.parse(JSON.stringify(openApi()));
const operations = Object.entries(document.paths).flatMap(([path, item]) =>
  Object.entries(item).map(([method, operation]) => ({ path, method, ...operation })),
);

test("the description is valid OpenAPI 3.1", async () => {
  const validator = new Validator();
  const result = await validator.validate({ ...document });
  expect(result.errors ?? []).toEqual([]);
  expect(validator.version).toBe("3.1");
});

test("every route of the router is described, and the other way round", () => {
  const routed = createApp({} as Parameters<typeof createApp>[0])
    .routes.filter((route) => route.method !== "ALL")
    .map((route) => `${route.method} ${route.path.replace(/:(\w+)/g, "{$1}")}`);
  expect([...new Set(routed)].sort()).toEqual(
    operations.map(({ method, path }) => `${method.toUpperCase()} ${path}`).sort(),
  );
});

test("every command has its schema, closed to unknown fields", () => {
  const { Command, ...schemas } = document.components.schemas;
  expect(Object.keys(Command.discriminator.mapping).sort()).toEqual([...commandTypes].sort());
  for (const type of commandTypes) {
    const schema = schemas[`command.${type}`] as Schema;
    expect(schema.properties.type).toEqual({ const: type });
    expect([type, schema.additionalProperties, schema.properties.body.additionalProperties]).toEqual([
      type,
      false,
      false,
    ]);
  }
});

test("operation ids are unique, and every reference leads somewhere", () => {
  const ids = operations.map(({ operationId }) => operationId);
  expect(new Set(ids).size).toBe(ids.length);
  const refs = [...JSON.stringify(document).matchAll(/"(?:\$ref|command\.[a-z.-]+)":"#\/([^"]+)"/g)].map(
    ([, ref = ""]) => ref,
  );
  expect(refs.length).toBeGreaterThan(commandTypes.length);
  for (const ref of refs) {
    const found = ref.split("/").reduce<unknown>((at, key) => (at as Record<string, unknown>)[key], document);
    expect([ref, typeof found]).toEqual([ref, "object"]);
  }
});

test("what needs a token says so, and nothing secret is a parameter of a URL", () => {
  for (const { path, method, security, parameters = [] } of operations) {
    const isOpen =
      /^\/(healthz|readyz|metrics|v1\/(customers(\/identify)?|sign-in(\/[-a-z/]+)?|password-reset|link(\/accept)?|socket|widget-settings|openapi\.json|qr\.svg))$/.test(
        path,
      );
    expect([method, path, security]).toEqual([method, path, isOpen ? [] : [{ bearer: [] }]]);
    for (const { in: place, name } of parameters)
      if (place === "query") expect(name).not.toMatch(/token|ticket|session|secret/i);
  }
});
