package api

import "net/http"

// openAPI is the definition of the maps' interface (OpenAPI 3.0).
func (a *API) openAPI(r *http.Request) map[string]any {
	type object = map[string]any
	text := func(description, kind string) object {
		return object{
			"200":     object{"description": description, "content": object{kind: object{"schema": object{"type": "object"}}}},
			"default": object{"description": "出错时的说明（RFC 9457）", "content": object{"application/problem+json": object{"schema": object{"type": "object"}}}},
		}
	}
	inPath := func(name, description string) object {
		return object{"name": name, "in": "path", "required": true, "description": description, "schema": object{"type": "string"}}
	}
	query := func(name, description string, schema object) object {
		return object{"name": name, "in": "query", "required": false, "description": description, "schema": schema, "style": "form", "explode": false}
	}
	get := func(summary string, responses object, parameters ...object) object {
		if parameters == nil {
			parameters = []object{}
		}
		return object{"get": object{"summary": summary, "parameters": parameters, "responses": responses}}
	}
	str := object{"type": "string"}
	limit := query("limit", "一页最多多少个要素", object{"type": "integer", "minimum": 1, "maximum": mostItems, "default": defaultItems})
	bbox := query("bbox", "经纬度范围，依次为西、南、东、北", object{"type": "array", "items": object{"type": "number"}, "minItems": 4, "maxItems": 6})
	datetime := query("datetime", "日期、时间或区间，如 2026-01-01/2026-02-01", str)
	values := []object{
		query("metric", "指标，要素带上它的值", str), query("from", "期间首日", object{"type": "string", "format": "date"}),
		query("to", "期间末日的次日", object{"type": "string", "format": "date"}),
	}
	items := []object{inPath("collection", "数据集"), limit, bbox, datetime, query("after", "上一页末个要素的编号", str)}
	for _, name := range append(append([]string{}, unitParams...), recordParams...) {
		items = append(items, query(name, "只要这一项等于此值的要素", str))
	}
	return object{
		"openapi":    "3.0.3",
		"info":       object{"title": a.Catalog.Site.Name, "version": "1.0.0", "description": "各级单位的边界和事项点位（OGC API – Features）"},
		"servers":    []object{{"url": a.Origin(r) + OGCPath}},
		"security":   []object{{"token": []string{}}},
		"components": object{"securitySchemes": object{"token": object{"type": "http", "scheme": "bearer"}}},
		"paths": object{
			"/":                               get("首页", text("各页的链接", jsonType)),
			"/conformance":                    get("遵循的标准", text("标准的名称", jsonType)),
			"/api":                            get("接口定义", text("本文件", openAPIType)),
			"/collections":                    get("各数据集", text("数据集的说明", jsonType)),
			"/collections/{collection}":       get("一个数据集", text("数据集的说明", jsonType), inPath("collection", "数据集")),
			"/collections/{collection}/items": get("数据集的要素", text("要素", geoJSONType), append(items, values...)...),
			"/collections/{collection}/items/{feature}": get("一个要素", text("要素", geoJSONType), append([]object{inPath("collection", "数据集"), inPath("feature", "要素的编号")}, values...)...),
		},
	}
}
