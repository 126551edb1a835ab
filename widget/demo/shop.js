/* A shop's product page, as a shop might have it. The chat is the one script line in the page; this file only calls it. */
if (!window.aftercare) {
  window.aftercare = (...words) => {
    window.aftercare.q ??= [];
    window.aftercare.q.push(words);
  };
}

const shops = {
  en: {
    nav: ["Headphones", "Speakers", "Support"],
    kicker: "New this autumn",
    name: "Halo 2 wireless headphones",
    lead: "Forty hours of music, noise that stays outside, and ear cushions you can replace yourself in ten seconds.",
    price: "HK$1,680",
    ship: "In stock, delivered tomorrow",
    buy: "Add to basket",
    ask: "Ask about this product",
    facts: [
      ["40 h", "on one charge"],
      ["218 g", "light enough for a day"],
      ["2 years", "of warranty, repairs in town"],
      ["Bluetooth 6", "two devices at once"],
    ],
    care: [
      ["Repairs while you wait", "Bring it to one of our eight shops. Most repairs take under an hour."],
      ["Somebody who knows", "Our chat is answered by the people who repair, from nine to nine."],
      ["Parts for ten years", "Cushions, bands and batteries stay in stock."],
    ],
    footer: "Northlight is a demo shop. Nothing here can be bought, but the chat is real.",
  },
  "zh-Hant": {
    nav: ["耳機", "喇叭", "售後支援"],
    kicker: "秋季新品",
    name: "Halo 2 無線耳機",
    lead: "一次充電可聽四十小時，隔絕周遭噪音，耳墊十秒就可以自己更換。",
    price: "HK$1,680",
    ship: "有現貨，明天送達",
    buy: "加入購物車",
    ask: "查詢這件產品",
    facts: [
      ["40 小時", "一次充電"],
      ["218 克", "戴足一天也輕鬆"],
      ["兩年", "保養，本地維修"],
      ["藍牙 6", "同時連接兩部裝置"],
    ],
    care: [
      ["即場維修", "帶到八間門市任何一間，大部分維修一小時內完成。"],
      ["由懂行的人回覆", "早上九時至晚上九時，由維修師傅親自在線回覆。"],
      ["零件供應十年", "耳墊、頭帶和電池長期有貨。"],
    ],
    footer: "Northlight 是示範商店，這裏的產品不會出售，但對話是真的。",
  },
  "zh-Hans": {
    nav: ["耳机", "音箱", "售后支持"],
    kicker: "秋季新品",
    name: "Halo 2 无线耳机",
    lead: "一次充电可听四十小时，隔绝周围噪音，耳垫十秒就能自己更换。",
    price: "HK$1,680",
    ship: "现货，明天送达",
    buy: "加入购物车",
    ask: "咨询这件商品",
    facts: [
      ["40 小时", "一次充电"],
      ["218 克", "戴一整天也轻松"],
      ["两年", "质保，本地维修"],
      ["蓝牙 6", "同时连接两台设备"],
    ],
    care: [
      ["立等可取的维修", "带到八家门店中的任何一家，大多数维修一小时内完成。"],
      ["由内行人回复", "早九点到晚九点，由维修师傅亲自在线回复。"],
      ["配件供应十年", "耳垫、头带和电池长期有货。"],
    ],
    footer: "Northlight 是演示商店，这里的商品不出售，但对话是真的。",
  },
};

const localeOf = (tag) => (!/^(zh|yue)/i.test(tag) ? "en" : /hans|^zh(-cn|-sg)?$/i.test(tag) ? "zh-Hans" : "zh-Hant");
const locale = localeOf(new URLSearchParams(location.search).get("lang") || navigator.language);
const words = shops[locale];

const element = (name, text, ...inside) => {
  const made = document.createElement(name);
  made.append(...(text === undefined ? [] : [text]), ...inside);
  return made;
};

document.documentElement.lang = locale;
document.title = `${words.name} | Northlight`;
for (const place of document.querySelectorAll("[data-word]")) place.textContent = words[place.dataset.word];
document.getElementById("nav").append(...words.nav.map((text) => element("span", text)));
document
  .getElementById("facts")
  .append(
    ...words.facts.map(([what, more]) => element("li", undefined, element("strong", what), element("span", more))),
  );
document
  .getElementById("care")
  .append(...words.care.map(([what, more]) => element("article", undefined, element("h2", what), element("p", more))));
document.querySelector(`.langs [lang="${locale}"]`).setAttribute("aria-current", "page");
document.querySelector(".ask").addEventListener("click", () => window.aftercare("open"));
window.aftercare("setLocale", locale);
window.aftercare("setContext", { product: words.name });
