import { aims, paperSizes } from "./constants.ts";
import { Day, recommended } from "./day.ts";
import { planFor, printPlans } from "./model.ts";

/** `npm run capacity -- --customers 100000 [--simulate] [--seed N]`: what to run for so many customers. */
const words = process.argv.slice(2);
const given = (name: string): number | undefined => {
  const at = words.indexOf(`--${name}`);
  const value = Number(words[at + 1]);
  return at >= 0 && Number.isInteger(value) && value > 0 ? value : undefined;
};
const customers = given("customers");
const plans = (customers ? [customers] : paperSizes).map(planFor);
console.log(printPlans(plans));
if (words.includes("--simulate")) {
  const seed = given("seed") ?? 1;
  for (const plan of plans) {
    console.log(`\nA day of ${plan.customers.toLocaleString("en")} customers, one node missing (seed ${seed}):`);
    console.log(new Day(plan, recommended(plan, aims.socketsPerNode), seed).run());
  }
}
