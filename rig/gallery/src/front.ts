import type { CustomerMerge, CustomerProfile, IdentityKey, IdentityTest, Workspace } from "@aftercare/sdk";
import { ids, now } from "./sample.ts";

/** What the server says of customers, keys and the shop, beside the usual. */
export type FrontScene = "empty" | "refused" | "hidden";

const dayMs = 86_400_000;
const workspace: Workspace = {
  id: "w_6Jx0Yt3rTq2mB8vLw1nQaA",
  name: "Harbour Router 港灣網絡",
  brandColour: "#0a7d5c",
  defaultLocale: "zh-Hant",
  widget: {
    title: { en: "Harbour support", "zh-Hant": "港灣客戶服務", "zh-Hans": "港湾客户服务" },
    greeting: {
      en: "Hello! What can we do for you today?",
      "zh-Hant": "你好！今日有甚麼可以幫到你？",
      "zh-Hans": "您好！今天有什么可以帮您？",
    },
    launcher: { position: "end", bottomPx: 20 },
    preChat: [
      { field: "name", required: true },
      { field: "order", required: false },
    ],
  },
};
const keys: IdentityKey[] = [
  { kid: "k_Qf3x0pTq2mB8vLw1nQaAzz", algorithm: "EdDSA", name: "Shop server", createdAt: now - 20 * dayMs },
  {
    kid: "k_0pTq2mB8vLw1nQaAzzQf3x",
    algorithm: "HS256",
    name: "Old web shop with a rather long name of its own",
    createdAt: now - 200 * dayMs,
    expiresAt: now + dayMs / 2,
  },
  {
    kid: "k_mB8vLw1nQaAzzQf3x0pTq2",
    algorithm: "HS256",
    name: "Staging",
    createdAt: now - 300 * dayMs,
    revokedAt: now - 90 * dayMs,
  },
];
const test: IdentityTest = {
  good: false,
  header: { alg: "HS256", typ: "JWT" },
  claims: { sub: "4711", name: "Chan Siu Ming", exp: Math.floor(now / 1_000) - 900 },
  problems: [
    { reason: "no-key", text: "" },
    { reason: "missing-claim", path: "jti", text: "" },
    { reason: "expired", path: "exp", text: "" },
  ],
};
const merges: CustomerMerge[] = [
  {
    id: "m_Qf3x0pTq2mB8vLw1nQaAzz",
    survivor: ids.customer,
    merged: "a_0000000000000000000009",
    kind: "claim",
    by: "system",
    at: now - 3 * dayMs,
    conversations: 2,
  },
];
const profile: CustomerProfile = {
  account: ids.customer,
  name: "",
  profile: {
    phone: "+852 5123 4567",
    email: "siuming.chan.very.long.address@example.com",
    address: "香港九龍觀塘道 388 號\n創紀之城一期 12 樓",
    notes: null,
  },
  hidden: [],
};

export function frontAnswer(path: string, scene: FrontScene | undefined): unknown {
  if (scene === "refused" && /^\/v1\/(identity-keys|workspace)/.test(path)) return { refusal: { code: "forbidden" } };
  if (path === "/v1/workspace") return workspace;
  if (path === "/v1/shops")
    return {
      shops: [
        { id: "s_1", name: "Mong Kok 旺角", desks: [{ id: "d_1", title: "Desk" }], staff: 4 },
        { id: "s_2", name: "Sha Tin 沙田", desks: [{ id: "d_2", title: "Desk" }], staff: 2 },
      ],
    };
  if (path === "/v1/identity-keys") return { workspace: workspace.id, keys: scene === "empty" ? [] : keys };
  if (path === "/v1/identity-keys/test") return test;
  if (path.endsWith("/merges")) return { merges };
  if (path.startsWith("/v1/customers/"))
    return scene === "hidden"
      ? { ...profile, profile: { notes: "VIP" }, hidden: ["phone", "email", "address", "price"] }
      : profile;
  return undefined;
}
