import { words as front } from "../front/en.ts";
import { words as inspector } from "../inspector/en.ts";
import { words as desk } from "./en.ts";

export const all = { desk, front, inspector };
