import { words as front } from "../front/zh-Hans.ts";
import { words as inspector } from "../inspector/zh-Hans.ts";
import { words as desk } from "./zh-Hans.ts";

export const all = { desk, front, inspector };
