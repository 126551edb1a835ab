/** How a shop's server signs a token: the same code as in docs/how-to/identify-customers.md, which a test compares. */
export const keySamples = [
  {
    name: "Node",
    code: [
      'import { createPrivateKey, randomUUID, sign, createHmac } from "node:crypto";',
      'const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");',
      "export function tokenFor(customer, { kid, workspace, pem, secret }) {",
      "  const iat = Math.floor(Date.now() / 1000);",
      '  const head = { alg: pem ? "EdDSA" : "HS256", kid, typ: "JWT" };',
      "  const body = { sub: customer.id, name: customer.name, iss: kid, aud: workspace, iat, exp: iat + 300, jti: randomUUID() };",
      "  const text = `${part(head)}.${part(body)}`;",
      '  const mark = pem ? sign(null, Buffer.from(text), createPrivateKey(pem)) : createHmac("sha256", secret).update(text).digest();',
      '  return `${text}.${mark.toString("base64url")}`;',
      "}",
    ].join("\n"),
  },
  {
    name: "PHP",
    code: [
      "function token_for(array $customer, string $kid, string $workspace, string $key, bool $ed25519): string {",
      "  $part = fn($text) => rtrim(strtr(base64_encode($text), '+/', '-_'), '=');",
      "  $now = time();",
      "  $head = ['alg' => $ed25519 ? 'EdDSA' : 'HS256', 'kid' => $kid, 'typ' => 'JWT'];",
      "  $body = ['sub' => $customer['id'], 'name' => $customer['name'], 'iss' => $kid, 'aud' => $workspace,",
      "    'iat' => $now, 'exp' => $now + 300, 'jti' => bin2hex(random_bytes(16))];",
      "  $text = $part(json_encode($head)) . '.' . $part(json_encode($body));",
      "  // Ed25519: $key is the 64-byte secret key of sodium_crypto_sign_keypair(); give us the public key as JWK, its x in base64url.",
      "  return $text . '.' . $part($ed25519 ? sodium_crypto_sign_detached($text, $key) : hash_hmac('sha256', $text, $key, true));",
      "}",
    ].join("\n"),
  },
  {
    name: "Python",
    code: [
      "import base64, hashlib, hmac, json, time, uuid",
      "from cryptography.hazmat.primitives.serialization import load_pem_private_key  # Ed25519 only",
      'part = lambda data: base64.urlsafe_b64encode(data).rstrip(b"=").decode()',
      "def token_for(customer, kid, workspace, pem=None, secret=None):",
      "    now = int(time.time())",
      '    head = {"alg": "EdDSA" if pem else "HS256", "kid": kid, "typ": "JWT"}',
      '    body = {"sub": customer["id"], "name": customer["name"], "iss": kid, "aud": workspace,',
      '            "iat": now, "exp": now + 300, "jti": str(uuid.uuid4())}',
      '    text = part(json.dumps(head).encode()) + "." + part(json.dumps(body).encode())',
      "    mark = load_pem_private_key(pem, None).sign(text.encode()) if pem else hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest()",
      '    return text + "." + part(mark)',
    ].join("\n"),
  },
] as const;
