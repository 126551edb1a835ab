import { words as front } from "../front/zh-Hant.ts";
import { words as inspector } from "../inspector/zh-Hant.ts";
import { words as desk } from "./zh-Hant.ts";

export const all = { desk, front, inspector };
