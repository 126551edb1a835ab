/* A shop's product page, as a shop might have it. The chat is the one script line in the page; this file only calls it. */
if (!window.aftercare) {
  window.aftercare = (...words) => {
    window.aftercare.q ??= [];
    window.aftercare.q.push(words);
  };
}

const shops = {
  en: {
    strip: "Free delivery from HK$500. Eight shops, and a bench in every one.",
    nav: [
      ["Details", "#specs"],
      ["Reviews", "#reviews"],
      ["Support", "#help"],
    ],
    basket: "items in the basket",
    kicker: "New this autumn",
    name: "Halo 2 wireless headphones",
    rating: "4.8 from 1,204 reviews",
    lead: "Forty hours of music, noise that stays outside, and ear cushions you can replace yourself in ten seconds.",
    colour: "Colour:",
    colours: { graphite: "Graphite", sand: "Sand", sea: "Sea blue" },
    price: "HK$1,680",
    ship: "In stock, delivered tomorrow",
    buy: "Add to basket",
    ask: "Ask about this product",
    promises: ["Two years of warranty, repairs in town", "30 days to change your mind", "Trade in your old pair"],
    facts: [
      ["40 h", "on one charge"],
      ["218 g", "light enough for a day"],
      ["2 years", "of warranty"],
      ["Bluetooth 6", "two devices at once"],
    ],
    specsTitle: "Details",
    spec: [
      ["Drivers", "40 mm, bio-cellulose"],
      ["Noise cancelling", "Three levels, and a mode to hear the street"],
      ["Charging", "USB-C, 5 minutes for 4 hours"],
      ["Microphones", "Six, with wind filter"],
      ["In the box", "Case, USB-C cable, 3.5 mm cable, spare cushions"],
    ],
    reviewsTitle: "What buyers say",
    review: [
      ["The left cushion tore after a year. They sent a new one the same day.", "Amy, Kowloon"],
      ["I asked about pairing at ten to nine and had music at nine.", "Jason, Sha Tin"],
      ["Quiet on the MTR, and light enough to forget.", "Priya, Central"],
    ],
    helpTitle: "Something wrong with yours?",
    helpLead:
      "Describe it or show it. You talk with the people who repair, and the conversation stays where you left it.",
    helpAsk: "Chat with us",
    care: [
      ["Repairs while you wait", "Bring it to one of our eight shops. Most repairs take under an hour."],
      ["Somebody who knows", "Our chat is answered by the people who repair, from nine to nine."],
      ["Parts for ten years", "Cushions, bands and batteries stay in stock."],
    ],
    footer: "Northlight is a demo shop. Nothing here can be bought, but the chat is real.",
  },
  "zh-Hant": {
    strip: "滿 HK$500 免運費，全港八間門市均設維修櫃位",
    nav: [
      ["規格", "#specs"],
      ["用家評價", "#reviews"],
      ["售後支援", "#help"],
    ],
    basket: "件產品在購物車",
    kicker: "秋季新品",
    name: "Halo 2 無線耳機",
    rating: "4.8 分，1,204 則評價",
    lead: "一次充電可聽四十小時，隔絕周遭噪音，耳墊十秒就可以自己更換。",
    colour: "顏色：",
    colours: { graphite: "石墨黑", sand: "暖沙色", sea: "海藍色" },
    price: "HK$1,680",
    ship: "有現貨，明天送達",
    buy: "加入購物車",
    ask: "查詢這件產品",
    promises: ["兩年保養，本地維修", "30 日內可以退換", "舊耳機可作價換新"],
    facts: [
      ["40 小時", "一次充電"],
      ["218 克", "戴足一天也輕鬆"],
      ["兩年", "原廠保養"],
      ["藍牙 6", "同時連接兩部裝置"],
    ],
    specsTitle: "產品規格",
    spec: [
      ["單元", "40 毫米生物纖維振膜"],
      ["主動降噪", "三級調校，另設環境聲模式"],
      ["充電", "USB-C，充電 5 分鐘可聽 4 小時"],
      ["收音咪", "六個，附防風濾波"],
      ["盒內物品", "收納盒、USB-C 線、3.5 毫米線、後備耳墊"],
    ],
    reviewsTitle: "用家怎樣說",
    review: [
      ["左邊耳墊用了一年爆皮，當日就寄了新的給我。", "Amy，九龍"],
      ["八點五十分問怎樣配對，九點已經聽到歌。", "Jason，沙田"],
      ["搭港鐵很寧靜，輕到忘記自己戴着。", "Priya，中環"],
    ],
    helpTitle: "耳機出現問題？",
    helpLead: "說給我們聽，或者拍給我們看。回覆你的是維修師傅，對話會一直保留，隨時繼續。",
    helpAsk: "立即查詢",
    care: [
      ["即場維修", "帶到八間門市任何一間，大部分維修一小時內完成。"],
      ["由懂行的人回覆", "早上九時至晚上九時，由維修師傅親自在線回覆。"],
      ["零件供應十年", "耳墊、頭帶和電池長期有貨。"],
    ],
    footer: "Northlight 是示範商店，這裏的產品不會出售，但對話是真的。",
  },
  "zh-Hans": {
    strip: "满 HK$500 包邮，全港八家门店都有维修台",
    nav: [
      ["规格", "#specs"],
      ["用户评价", "#reviews"],
      ["售后支持", "#help"],
    ],
    basket: "件商品在购物车",
    kicker: "秋季新品",
    name: "Halo 2 无线耳机",
    rating: "4.8 分，1,204 条评价",
    lead: "一次充电可听四十小时，隔绝周围噪音，耳垫十秒就能自己更换。",
    colour: "颜色：",
    colours: { graphite: "石墨黑", sand: "暖沙色", sea: "海蓝色" },
    price: "HK$1,680",
    ship: "现货，明天送达",
    buy: "加入购物车",
    ask: "咨询这件商品",
    promises: ["两年质保，本地维修", "30 天内可退换", "旧耳机可抵价换新"],
    facts: [
      ["40 小时", "一次充电"],
      ["218 克", "戴一整天也轻松"],
      ["两年", "原厂质保"],
      ["蓝牙 6", "同时连接两台设备"],
    ],
    specsTitle: "商品参数",
    spec: [
      ["发声单元", "40 毫米生物纤维振膜"],
      ["主动降噪", "三档可调，另有通透模式"],
      ["充电", "USB-C，充 5 分钟听 4 小时"],
      ["麦克风", "六个，带防风降噪"],
      ["包装清单", "收纳盒、USB-C 线、3.5 毫米线、备用耳垫"],
    ],
    reviewsTitle: "买家怎么说",
    review: [
      ["左边耳垫用了一年破皮，当天就寄来了新的。", "Amy，九龙"],
      ["八点五十问怎么配对，九点就听上歌了。", "Jason，沙田"],
      ["坐地铁很安静，轻得忘了自己戴着。", "Priya，中环"],
    ],
    helpTitle: "耳机出问题了？",
    helpLead: "说给我们听，或者拍给我们看。回复你的是维修师傅，对话会一直保留，随时继续。",
    helpAsk: "立即咨询",
    care: [
      ["立等可取的维修", "带到八家门店中的任何一家，大多数维修一小时内完成。"],
      ["由内行人回复", "早九点到晚九点，由维修师傅亲自在线回复。"],
      ["配件供应十年", "耳垫、头带和电池长期有货。"],
    ],
    footer: "Northlight 是演示商店，这里的商品不出售，但对话是真的。",
  },
};

const dyes = { graphite: "#2a313c", sand: "#d8cdbb", sea: "#4f86a8" };

const localeOf = (tag) => (!/^(zh|yue)/i.test(tag) ? "en" : /hans|^zh(-cn|-sg)?$/i.test(tag) ? "zh-Hans" : "zh-Hant");
const locale = localeOf(new URLSearchParams(location.search).get("lang") || navigator.language);
const words = shops[locale];
const place = (id) => document.getElementById(id);

const element = (name, text, ...inside) => {
  const made = document.createElement(name);
  made.append(...(text === undefined ? [] : [text]), ...inside);
  return made;
};

document.documentElement.lang = locale;
document.title = `${words.name} | Northlight`;
for (const spot of document.querySelectorAll("[data-word]")) spot.textContent = words[spot.dataset.word];
place("nav").append(
  ...words.nav.map(([text, href]) => {
    const link = element("a", text);
    link.href = href;
    return link;
  }),
);
place("promises").append(...words.promises.map((text) => element("li", text)));
place("facts").append(
  ...words.facts.map(([what, more]) => element("li", undefined, element("strong", what), element("span", more))),
);
place("spec").append(
  ...words.spec.map(([what, more]) => element("div", undefined, element("dt", what), element("dd", more))),
);
place("review").append(
  ...words.review.map(([text, by]) => {
    const stars = element("span", "★★★★★");
    stars.ariaHidden = "true";
    return element("blockquote", undefined, stars, element("p", text), element("cite", by));
  }),
);
place("care").append(
  ...words.care.map(([what, more]) => element("article", undefined, element("h3", what), element("p", more))),
);

const dress = (colour) => {
  place("stage").dataset.colour = colour;
  place("chosen").textContent = words.colours[colour];
};
place("swatches").append(
  ...Object.entries(words.colours).map(([colour, name]) => {
    const choice = element("input");
    Object.assign(choice, { type: "radio", name: "colour", ariaLabel: name, checked: colour === "graphite" });
    choice.style.setProperty("--dye", dyes[colour]);
    choice.addEventListener("change", () => dress(colour));
    return element("label", undefined, choice);
  }),
);
dress("graphite");

let inBasket = 0;
document.querySelector("button.main").addEventListener("click", () => {
  inBasket += 1;
  place("count").textContent = inBasket;
});
document.querySelector(`.langs [lang="${locale}"]`).setAttribute("aria-current", "page");
for (const button of document.querySelectorAll("button.ask, button.talk"))
  button.addEventListener("click", () => window.aftercare("open"));
window.aftercare("setLocale", locale);
window.aftercare("setContext", { product: words.name });
