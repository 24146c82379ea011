// Asks dcc-utils (npm, Italian health ministry) about each text of codes.json; prints a JSON list of true and false.
import fs from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(process.cwd() + "/");
const { DCC } = require("dcc-utils");
const { certificate, texts } = JSON.parse(fs.readFileSync("codes.json", "utf8"));
const answers = [];
for (const text of texts) {
  try {
    const read = await DCC.fromRaw(text);
    answers.push(Boolean(await read.checkSignatureWithCertificate(certificate)));
  } catch {
    answers.push(false);
  }
}
console.log(JSON.stringify(answers));
