import {
  attemptOnly,
  enrolFinish,
  type InferOutput,
  linkAccept,
  linkOnly,
  passkeyFinish,
  resetAsk,
  signIn,
  signInCode,
  ssoFinish,
} from "@aftercare/protocol";
import type { From, SignInOutcome } from "../identity/staff/staff.ts";
import type { Call } from "./call.ts";
import { json, refuse } from "./refusal.ts";
import type { Route } from "./route.ts";
import { object, ref } from "./schemas.ts";

/** Longer ones are nobody's browser. */
const agentChars = 400;

export const fromOf = ({ request, address }: Call): From => ({
  address,
  agent: (request.headers.get("user-agent") ?? "").slice(0, agentChars),
});

function answer(outcome: SignInOutcome): Response {
  if ("refusal" in outcome) return refuse(outcome.refusal);
  return json("credential" in outcome ? outcome.credential : outcome.step);
}

const signedIn = {
  status: 200,
  description: "A credential for this device, or the next step",
  schema: ref("SignedIn"),
};

const passwordRoutes: readonly Route[] = [
  {
    method: "get",
    path: "/v1/sign-in/ways",
    operationId: "getSignInWays",
    summary: "The ways to sign in that this deployment offers beside passwords",
    auth: "open",
    answer: { status: 200, description: "The ways", schema: ref("SignInWays") },
    handle: ({ door }) => json(door.signIn.ways()),
  },
  {
    method: "post",
    auth: "open",
    path: "/v1/sign-in",
    operationId: "signIn",
    summary: "Sign in as staff with a password",
    body: { schema: signIn },
    answer: signedIn,
    async handle({ door }, call) {
      const { login, password } = call.body as InferOutput<typeof signIn>;
      return answer(await door.signIn.password(login, password, fromOf(call)));
    },
  },
  {
    method: "post",
    auth: "open",
    path: "/v1/sign-in/code",
    operationId: "signInCode",
    summary: "Finish with a code of the authenticator app, or a recovery code",
    body: { schema: signInCode },
    answer: signedIn,
    async handle({ door }, call) {
      const { attempt, code, kind } = call.body as InferOutput<typeof signInCode>;
      return answer(await door.signIn.code(attempt, code, kind, fromOf(call)));
    },
  },
  {
    method: "post",
    auth: "open",
    path: "/v1/sign-in/enrol",
    operationId: "signInEnrol",
    summary: "Begin a second factor that the role needs before anything else",
    body: { schema: attemptOnly },
    answer: { status: 200, description: "What the authenticator app is shown", schema: ref("TotpOffer") },
    async handle({ door }, { body }) {
      const made = await door.signIn.enrol((body as InferOutput<typeof attemptOnly>).attempt);
      return "refusal" in made ? refuse(made.refusal) : json(made.offer);
    },
  },
  {
    method: "post",
    auth: "open",
    path: "/v1/sign-in/enrol/finish",
    operationId: "signInEnrolFinish",
    summary: "Show the first code of the new second factor, and be signed in",
    body: { schema: enrolFinish },
    answer: signedIn,
    async handle({ door }, call) {
      const { attempt, code } = call.body as InferOutput<typeof enrolFinish>;
      return answer(await door.signIn.enrolled(attempt, code, fromOf(call)));
    },
  },
];

const otherRoutes: readonly Route[] = [
  {
    method: "post",
    auth: "open",
    path: "/v1/sign-in/passkey",
    operationId: "signInPasskey",
    summary: "What to ask the browser's passkeys",
    answer: { status: 200, description: "The question", schema: ref("PasskeyAsk") },
    handle: async ({ door }) => json(await door.signIn.askPasskey()),
  },
  {
    method: "post",
    auth: "open",
    path: "/v1/sign-in/passkey/finish",
    operationId: "signInPasskeyFinish",
    summary: "Sign in with a passkey's answer",
    body: { schema: passkeyFinish },
    answer: signedIn,
    async handle({ door }, call) {
      const { attempt, response } = call.body as InferOutput<typeof passkeyFinish>;
      return answer(await door.signIn.passkey(attempt, response, fromOf(call)));
    },
  },
  {
    method: "post",
    auth: "open",
    path: "/v1/sign-in/sso",
    operationId: "signInSso",
    summary: "Where to send the browser for single sign-on",
    answer: {
      status: 200,
      description: "The provider's address, and the attempt to come back with",
      schema: object({ url: { type: "string" }, attempt: { type: "string" } }),
    },
    async handle({ door }) {
      const begun = await door.signIn.beginSso();
      return "refusal" in begun ? refuse(begun.refusal) : json(begun);
    },
  },
  {
    method: "post",
    auth: "open",
    path: "/v1/sign-in/sso/finish",
    operationId: "signInSsoFinish",
    summary: "Show what the provider sent the browser back with",
    body: { schema: ssoFinish },
    answer: signedIn,
    async handle({ door }, call) {
      const { attempt, answer: given } = call.body as InferOutput<typeof ssoFinish>;
      const said = Object.fromEntries(Object.entries(given).filter((entry) => entry[1] !== undefined));
      return answer(await door.signIn.sso(attempt, said as Record<string, string>, fromOf(call)));
    },
  },
];

const linkRoutes: readonly Route[] = [
  {
    method: "post",
    auth: "open",
    path: "/v1/password-reset",
    operationId: "askPasswordReset",
    summary: "Ask for a mail with a link to a new password; the answer is the same for every address",
    body: { schema: resetAsk },
    answer: { status: 200, description: "Taken", schema: object({}) },
    async handle({ door }, call) {
      const { email, locale } = call.body as InferOutput<typeof resetAsk>;
      const refused = await door.signIn.askReset(email, locale, fromOf(call));
      return refused ? refuse(refused.refusal) : json({});
    },
  },
  {
    method: "post",
    auth: "open",
    path: "/v1/link",
    operationId: "lookAtLink",
    summary: "What a link from a mail is for; looking does not use it up",
    body: { schema: linkOnly },
    answer: { status: 200, description: "What it is for", schema: ref("LinkAbout") },
    async handle({ door }, { body }) {
      const found = await door.signIn.look((body as InferOutput<typeof linkOnly>).link);
      return found ? json(found) : refuse({ code: "too-late" });
    },
  },
  {
    method: "post",
    auth: "open",
    path: "/v1/link/accept",
    operationId: "acceptLink",
    summary: "Use a link: join with a password, or set a new one",
    body: { schema: linkAccept },
    answer: signedIn,
    async handle({ door }, call) {
      return answer(await door.signIn.accept(call.body as InferOutput<typeof linkAccept>, fromOf(call)));
    },
  },
];

/** The ways in. Nothing here uses cookies: what an attempt needs to remember, its browser holds, encrypted. */
export const signInRoutes: readonly Route[] = [...passwordRoutes, ...otherRoutes, ...linkRoutes];
