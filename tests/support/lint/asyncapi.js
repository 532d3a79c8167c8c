// Parses an AsyncAPI document with the project's own parser and prints every diagnostic, hints too, as one JSON list.
import { readFileSync } from "node:fs";
import { Parser } from "@asyncapi/parser";

const { document, diagnostics } = await new Parser().parse(readFileSync(process.argv[2], "utf8"));
const found = diagnostics.map((one) => `${one.code} at ${one.path.join("/")}: ${one.message}`);
if (document === undefined && found.length === 0) found.push("the document could not be read");
console.log(JSON.stringify(found));
