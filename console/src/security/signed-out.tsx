import { isCredential, type Refusal, type SignInWays } from "@aftercare/sdk";
import { AnyIcon, accessWords, control, FrontPreferences, type Language, refusalText } from "@aftercare/ui";
import type { ComponentChildren, FunctionComponent } from "preact";
import { useEffect, useState } from "preact/hooks";
import page from "../sign-in.module.css";
import { SignIn, type SignInAnswer } from "../sign-in.tsx";
import { canPasskey, type Door, linkIn, type StepAnswer } from "./door.ts";
import type { Stage, StepsProps } from "./steps.tsx";

export type SignedOutProps = {
  language: Language;
  door: Door;
  /** The credential is kept: the desk may open. */
  enter: () => void;
};

const toRefusal = ({ refusal }: { refusal: Refusal }): SignInAnswer => ({ refusal });

function leaveLink(): void {
  if (linkIn(location.hash) !== undefined) history.replaceState(null, "", location.pathname);
}

function linkStage(): Stage | undefined {
  const link = linkIn(location.hash);
  return link === undefined ? undefined : { at: "link", link };
}

/** A link pasted over the address of this very page loads nothing: it is heard of. */
function usePastedLink(go: (stage: Stage) => void): void {
  useEffect(() => {
    const hear = () => {
      const stage = linkStage();
      if (stage) go(stage);
    };
    addEventListener("hashchange", hear);
    return () => removeEventListener("hashchange", hear);
  }, []);
}

/** Everything that is seen before somebody is signed in. What is seldom needed loads when it is. */
export function SignedOut(props: SignedOutProps) {
  const { door, enter, language } = props;
  const words = accessWords[language.words.value.locale];
  const [stage, setStage] = useState(linkStage);
  usePastedLink(setStage);
  const [problem, setProblem] = useState<string>();
  const [ways, setWays] = useState<SignInWays>();
  const failed = (refusal: Refusal) =>
    refusal.path === "passkey" ? words.passkeyFirst : refusalText(refusal, language.words.value, language.format.value);
  /** What an answer leads to; a refusal is left to whoever asked. */
  const follow = (answer: StepAnswer): SignInAnswer => {
    if ("refusal" in answer) return toRefusal(answer);
    if (isCredential(answer.value)) enter();
    else setStage({ at: answer.value.next, attempt: answer.value.attempt });
    return {};
  };
  const tell = async (run: () => Promise<StepAnswer | undefined>, refused: string) => {
    setProblem(undefined);
    try {
      const answer = await run();
      if (!answer) return;
      const { refusal } = follow(answer);
      if (refusal) setProblem(refusal.code === "unauthorised" ? refused : failed(refusal));
    } catch {
      setProblem(words.failed);
    }
  };
  useEffect(() => {
    void door.ways().then(setWays);
    const returned = door.returned();
    if (returned) void tell(() => returned, words.ssoFailed);
  }, [door]);

  if (stage) {
    const back = () => {
      leaveLink();
      setStage(undefined);
    };
    return (
      <Steps language={language} door={door} stage={stage} go={setStage} follow={follow} enter={enter} back={back} />
    );
  }
  const sso = async () => {
    setProblem(undefined);
    const refusal = await door.leaveForSso().catch(() => ({ code: "busy" }) as const);
    if (refusal) setProblem(failed(refusal));
  };
  return (
    <SignIn
      language={language}
      signIn={async (login, password) => {
        setProblem(undefined);
        const answer = follow(await door.password(login, password));
        if (answer.refusal?.path !== "passkey") return answer;
        setProblem(failed(answer.refusal));
        return {};
      }}
      more={
        <OtherWays
          language={language}
          ways={ways}
          problem={problem}
          forgotten={() => setStage({ at: "forgotten" })}
          passkey={() => void tell(() => door.passkey(), words.passkeyFailed)}
          sso={() => void sso()}
        />
      }
    />
  );
}

/** What stands below the form. */
function OtherWays(props: {
  language: Language;
  ways: SignInWays | undefined;
  problem: string | undefined;
  forgotten: () => void;
  passkey: () => void;
  sso: () => void;
}) {
  const { ways, problem } = props;
  const words = accessWords[props.language.words.value.locale];
  return (
    <div class={page.more}>
      <p role="alert" class={problem === undefined ? control.hidden : control.problem}>
        {problem}
      </p>
      {ways?.mail && (
        <button type="button" class={page.link} onClick={props.forgotten}>
          {words.forgot}
        </button>
      )}
      {ways && (canPasskey() || ways.sso) && <p class={page.or}>{words.or}</p>}
      {ways?.passkey && canPasskey() && (
        <button type="button" class={control.button} onClick={props.passkey}>
          <AnyIcon name="lock" />
          {words.passkeyButton}
        </button>
      )}
      {ways?.sso && (
        <button type="button" class={control.button} onClick={props.sso}>
          <AnyIcon name="people" />
          {words.ssoButton}
        </button>
      )}
    </div>
  );
}

/** The card that every view before the desk stands in. */
export function Card(props: { title: string; children: ComponentChildren }) {
  return (
    <main class={page.page}>
      <div class={page.corner}>
        <FrontPreferences />
      </div>
      <div class={page.card}>
        <span class={page.logo} aria-hidden="true">
          <AnyIcon name="lock" size={28} />
        </span>
        <h1>{props.title}</h1>
        {props.children}
      </div>
    </main>
  );
}

/** Loads the steps after the first, while the card is already there. */
function Steps(props: StepsProps) {
  const [View, setView] = useState<FunctionComponent<StepsProps>>();
  useEffect(() => {
    void import("./steps.tsx").then(({ StepViews }) => setView(() => StepViews));
  }, []);
  if (View) return <View {...props} />;
  const words = props.language.words.value;
  return (
    <Card title={words.console.title}>
      <span class={control.spinner} role="status" aria-label={words.common.loading} />
    </Card>
  );
}
